// All other texts: read with the first page that has them.
import admin from './admin.en'
import check from './check.en'
import codes from './codes.en'
import columns from './columns.en'
import customers from './customers.en'
import forecasts from './forecasts.en'
import links from './links.en'
import models from './models.en'
import people from './people.en'
import reports from './reports.en'
import shop from './shop.en'

export default {
  ...admin,
  ...check,
  ...codes,
  ...columns,
  ...customers,
  ...forecasts,
  ...links,
  ...models,
  ...people,
  ...reports,
  ...shop,
} as const
