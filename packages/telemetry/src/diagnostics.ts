export { diagnosticsChannels } from './channels/diagnostics-channels.js'
