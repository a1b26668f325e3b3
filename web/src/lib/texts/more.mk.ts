// All other texts: read with the first page that has them.
import admin from './admin.mk'
import check from './check.mk'
import codes from './codes.mk'
import columns from './columns.mk'
import customers from './customers.mk'
import forecasts from './forecasts.mk'
import links from './links.mk'
import models from './models.mk'
import people from './people.mk'
import reports from './reports.mk'
import shop from './shop.mk'

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
}
