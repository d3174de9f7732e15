import { type INestApplicationContext, Logger } from '@nestjs/common'
import { define, methodOf } from '../hooks/follow-hooks.js'

/**
 * Signals are for who runs the kernel: Nest would close the app beside the drain, and raise the signal again, which ends the process at
 * once. So `enableShutdownHooks()` of an app, of its modules and of its microservices does nothing, and says so once.
 */
export function refuseSignals(app: INestApplicationContext): void {
  let told = false
  const refuse = (context: object) => {
    define(context, 'enableShutdownHooks', () => {
      if (!told) {
        const why = 'run() of @keelson/node handles signals, and the hooks of providers are called at every shutdown'
        new Logger('Keelson').warn(`enableShutdownHooks() does nothing: ${why}; take the call out`)
      }
      told = true
      return context
    })
    return context
  }
  refuse(app)
  for (const name of ['select', 'connectMicroservice']) {
    if (!(name in app)) continue
    const method = methodOf(app, name)
    define(app, name, function (this: unknown, ...args: unknown[]) {
      return refuse(method.apply(this, args) as object)
    })
  }
}
