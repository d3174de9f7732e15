/**
 * The events that a log line can be about: those of the kernel under their own names, and what only the process knows. Each has a
 * row in docs/log-lines.md.
 */
export const LINE_EVENTS = [
  'kernel:state',
  'kernel:slow',
  'resource:error',
  'resource:orphan',
  'resource:standby',
  'check:result',
  'health:change',
  'kernel:cordon',
  'probe:change',
  'start:retry',
  'restart:scheduled',
  'restart:done',
  'restart:exhausted',
  'resource:lost',
  'resource:regained',
  'resource:rotated',
  'listener:error',
  'run:not-started',
  'process:shell',
  'run:waiting',
  'run:inspector',
  'process:signal',
  'process:error',
  'process:exit',
  'process:ended',
  'process:listener',
  'process:deadline',
  'process:still-alive',
  'process:autopsy',
  'process:unwritten',
  'process:drain-limited',
  'admission:refusing',
  'admission:over',
  'systemd:unheard',
  'log:failed',
] as const

export type LineEvent = (typeof LINE_EVENTS)[number]
