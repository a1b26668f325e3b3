// All other texts: read with the first page that has them.
import admin from './admin.pl'
import check from './check.pl'
import codes from './codes.pl'
import columns from './columns.pl'
import customers from './customers.pl'
import forecasts from './forecasts.pl'
import links from './links.pl'
import models from './models.pl'
import people from './people.pl'
import reports from './reports.pl'
import shop from './shop.pl'

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
