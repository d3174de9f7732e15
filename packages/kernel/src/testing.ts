export { type EventLog, recordEvents } from './event-log.js'
export { type Replacement, replace } from './replacement.js'
export { type VirtualClock, virtualClock } from './virtual-clock.js'
