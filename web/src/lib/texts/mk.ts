import type { Texts } from '../i18n.svelte'
import admin from './admin.mk'
import check from './check.mk'
import codes from './codes.mk'
import columns from './columns.mk'
import customers from './customers.mk'
import data from './data.mk'
import forecasts from './forecasts.mk'
import frame from './frame.mk'
import home from './home.mk'
import links from './links.mk'
import models from './models.mk'
import people from './people.mk'
import reports from './reports.mk'
import shop from './shop.mk'

const texts: Texts = {
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
}

export default texts
