import { unwatchFile, watchFile } from 'node:fs'
import { type Kernel, type Resource, resource } from '@keelson/kernel'
import type { Fleet } from './fleet.js'
import { say } from './say.js'
import { readServers } from './servers-file.js'

export interface ServersWatchOptions {
  file: string
  fleet: Fleet
  kernel(): Kernel
}

/** Brings the servers of a kernel up to date when their file changes. A file that cannot be used changes nothing. */
export function serversWatch(name: string, { file, fleet, kernel }: ServersWatchOptions): Resource<unknown> {
  return resource(name, {
    start: () => {
      const update = async () => {
        try {
          await fleet.update(kernel(), await readServers(file, process.env))
        } catch (error) {
          say(`The servers stay as they were: ${(error as Error).message}`)
        }
      }
      // Polled: editors replace a file, and what watches an inode would be left with the old one.
      watchFile(file, { interval: 500, persistent: false }, () => void update())
    },
    stop: () => unwatchFile(file),
    impact: 'none',
  })
}
