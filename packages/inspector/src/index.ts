export type { ActionAnswer, ActionRequest, Hello, Update } from './protocol.js'
