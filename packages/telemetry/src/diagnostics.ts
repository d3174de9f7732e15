export { publishEvents } from './channels/publish-events.js'
