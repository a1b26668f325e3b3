// All other texts: read with the first page that has them.
import admin from './admin.ru'
import check from './check.ru'
import codes from './codes.ru'
import columns from './columns.ru'
import customers from './customers.ru'
import forecasts from './forecasts.ru'
import links from './links.ru'
import models from './models.ru'
import people from './people.ru'
import reports from './reports.ru'
import shop from './shop.ru'

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
