export { type KnownSecrets, knownSecrets } from './redact/known-secrets.js'
export { printable } from './redact/printable.js'
export { redact } from './redact/redact.js'
