import { describeRunning } from './http-running.js'
import { describeShutdown } from './http-shutdown.js'
import { describeStart } from './http-start.js'
import { adapterScene, type HttpAdapter } from './scene.js'

/** What every HTTP adapter does, whatever the framework. */
export function describeHttpAdapter(title: string, adapter: HttpAdapter): void {
  const scene = adapterScene(adapter)
  describeStart(title, adapter, scene)
  describeRunning(title, scene)
  describeShutdown(title, scene)
}
