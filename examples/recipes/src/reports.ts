import { resource } from '@keelson/kernel'
import * as Sentry from '@sentry/node'

/** Hears what fails until everything else has stopped, and sends what is left: `createKernel([api], { base: [reports] })`. */
export const reports = resource('reports', {
  start: (_, { kernel, defer }) => {
    Sentry.init({ dsn: process.env.SENTRY_DSN })
    const report = ({ error }: { error: Error }) => void Sentry.captureException(error)
    kernel.on('resource:error', report)
    defer(() => kernel.off('resource:error', report))
    return Sentry
  },
  stop: () => Sentry.close(2_000), // in ms
  impact: 'none', // no service fails because of it
})
