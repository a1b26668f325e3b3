import type { Texts } from '../i18n.svelte'
import admin from './admin.pl'
import check from './check.pl'
import codes from './codes.pl'
import columns from './columns.pl'
import customers from './customers.pl'
import data from './data.pl'
import forecasts from './forecasts.pl'
import frame from './frame.pl'
import home from './home.pl'
import links from './links.pl'
import models from './models.pl'
import people from './people.pl'
import reports from './reports.pl'
import shop from './shop.pl'

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
