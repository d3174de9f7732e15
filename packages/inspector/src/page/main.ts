import { h, render } from 'preact'
import { App } from './app.js'
import { ProcessLink } from './link/process-link.js'
import { applyTheme, storedTheme } from './parts/theme.js'

applyTheme(storedTheme())
const link = new ProcessLink('events', 'state')
render(h(App, { link }), document.getElementById('page')!)
link.connect()
