import { unwatchFile, watchFile } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { type Kernel, type Resource, resource } from '@keelson/kernel'
import type { Catalog } from '../catalog/catalog.js'
import { type HttpOptions, readHttp } from '../config/http-options.js'
import { readServers } from '../config/servers-file.js'
import { say } from '../say.js'
import { isOver } from '../upstream/is-over.js'
import type { Fleet } from './fleet.js'
import { serversPanel } from './servers-panel.js'

export interface ServersWatchOptions {
  catalog: Resource<Catalog>
  file: string
  fleet: Fleet
  /** What the file said of HTTP when the fronts were made. */
  http: HttpOptions
  kernel(): Kernel
}

/** Brings the servers of a kernel up to date when their file changes, and shows them. A file that cannot be used changes nothing. */
export function serversWatch(name: string, { catalog, file, fleet, http, kernel }: ServersWatchOptions): Resource<unknown> {
  const update = async () => {
    try {
      if (!isDeepStrictEqual(await readHttp(file, process.env), http)) say('"http" is another: that counts from the next start')
      const servers = await readServers(file, process.env)
      if (await isRunning(kernel())) await fleet.update(kernel(), servers)
    } catch (error) {
      // A shutdown ends what the file had asked for.
      if (!isOver(kernel().state)) say(`the change is not followed: ${(error as Error).message}`)
    }
  }
  return resource(name, {
    dependsOn: { catalog },
    start: ({ catalog }, ctx) => {
      const restart = (server: string) => fleet.restart(kernel(), server)
      ctx.panel(serversPanel({ kernel: ctx.kernel, catalog, servers: () => fleet.shown, restart }))
      // Polled: editors replace a file, and what watches an inode would be left with the old one.
      watchFile(file, { interval: 500, persistent: false }, () => void update())
      void update() // it may have changed since it was read
    },
    stop: () => unwatchFile(file),
    impact: 'none',
  })
}

/** Whether it runs, once it has started. */
async function isRunning(kernel: Kernel): Promise<boolean> {
  if (kernel.state === 'starting') await new Promise<unknown>((resolve) => kernel.once('kernel:state', resolve))
  return kernel.state === 'running'
}
