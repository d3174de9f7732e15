export { redact } from '@keelson/kernel/redact'
