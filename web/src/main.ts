import 'bootstrap/dist/css/bootstrap.min.css'
import './assets/fonts.css'
import './assets/tokens.css'
import './app.css'

import { mount } from 'svelte'

import App from './App.svelte'
import { texting } from './lib/i18n.svelte'

await texting.start()
mount(App, { target: document.getElementById('app')! })
