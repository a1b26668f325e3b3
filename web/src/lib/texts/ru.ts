import type { Texts } from '../i18n.svelte'
import admin from './admin.ru'
import check from './check.ru'
import codes from './codes.ru'
import columns from './columns.ru'
import customers from './customers.ru'
import data from './data.ru'
import forecasts from './forecasts.ru'
import frame from './frame.ru'
import home from './home.ru'
import links from './links.ru'
import models from './models.ru'
import people from './people.ru'
import reports from './reports.ru'
import shop from './shop.ru'

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
