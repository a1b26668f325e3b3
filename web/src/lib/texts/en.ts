// The master list of texts, a file an area. Short sentences, the reader's nouns; no exclamation marks, no "please".
import admin from './admin.en'
import check from './check.en'
import codes from './codes.en'
import columns from './columns.en'
import customers from './customers.en'
import data from './data.en'
import forecasts from './forecasts.en'
import frame from './frame.en'
import home from './home.en'
import links from './links.en'
import models from './models.en'
import people from './people.en'
import reports from './reports.en'
import shop from './shop.en'

const en = {
  ...admin,
  ...check,
  ...codes,
  ...columns,
  ...customers,
  ...data,
  ...forecasts,
  ...frame,
  ...home,
  ...links,
  ...models,
  ...people,
  ...reports,
  ...shop,
} as const

export default en as Record<keyof typeof en, string>
