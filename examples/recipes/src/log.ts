import { resource } from '@keelson/kernel'
import { pino } from 'pino'

/** Lines are written in blocks, which is quick, and the last block at the end of all: `createKernel([api], { base: [log] })`. */
export const log = resource('log', {
  start: () => pino(pino.destination({ dest: process.env.LOG_FILE ?? 1, sync: false, minLength: 4_096 })),
  stop: (log) => new Promise<void>((resolve, reject) => log.flush((error) => (error ? reject(error) : resolve()))),
})
