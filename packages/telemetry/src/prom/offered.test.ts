import { createKernel, ref, resource } from '@keelson/kernel'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { TELEMETRY } from '../measure/offers.js'
import { instrument } from '../otel/instrument.js'
import { prometheusMetrics } from './prometheus-metrics.js'

function watcher(name: string, log: string[] = []) {
  let life = 0
  return resource(name, {
    start: () => {
      const own = `${name} ${++life}`
      return {
        [TELEMETRY]: {
          instrument(tools: object) {
            log.push(`${own} by ${Object.keys(tools)}`)
            return () => log.push(`${own} ended`)
          },
          metrics: () => [
            { name: 'watch.seen', help: 'What was seen.', kind: 'counter', points: [{ labels: { name }, value: life }] },
            {
              name: 'watch.duration',
              help: 'How long.',
              kind: 'histogram',
              distributions: [{ labels: { name }, bounds: [0.1, 1], cumulative: [1, 2, 3], sum: 4.5 }],
            },
          ],
        },
      }
    },
  })
}

test('O1 what values of resources measure themselves is exported with the kernel, as long as they live', async () => {
  const register = new Registry()
  const [one, two] = [watcher('one'), watcher('two')]
  const kernel = createKernel([one, two])
  const end = prometheusMetrics(kernel, { register })
  await kernel.start()
  await kernel.restart(two)
  const lines = (await register.metrics()).split('\n').filter((line) => line.includes('watch_'))
  expect(lines.filter((line) => line.includes('seen'))).toEqual([
    '# HELP watch_seen_total What was seen.',
    '# TYPE watch_seen_total counter',
    'watch_seen_total{name="one"} 1',
    'watch_seen_total{name="two"} 2',
  ])
  expect(lines.filter((line) => line.includes('"one"') && line.includes('duration'))).toEqual([
    'watch_duration_seconds_bucket{le="0.1",name="one"} 1',
    'watch_duration_seconds_bucket{le="1",name="one"} 2',
    'watch_duration_seconds_bucket{le="+Inf",name="one"} 3',
    'watch_duration_seconds_sum{name="one"} 4.5',
    'watch_duration_seconds_count{name="one"} 3',
  ])
  await kernel.shutdown()
  expect(await register.metrics()).not.toContain('watch_')
  end()
})

test('O1 they are given the tools that there are, each instance for itself, whatever other values may be', async () => {
  const log: string[] = []
  const broken = new Proxy(
    {},
    {
      has() {
        throw new Error('broken')
      },
    },
  )
  const everything = new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : () => {}) })
  const one = watcher('one', log)
  const others = [broken, everything, undefined, 'text'].map((value, i) =>
    resource(`other${i}`, { start: () => ({ value }).value }),
  )
  const top = resource('top', { dependsOn: { one: ref(one) }, start: () => {} })
  const kernel = createKernel([top, ...others])
  const end = instrument(kernel)
  await kernel.start()
  await kernel.rotate(one)
  end()
  expect(log).toEqual(['one 1 by tracer,meter', 'one 1 ended', 'one 2 by tracer,meter', 'one 2 ended'])
  const endAgain = instrument(kernel, { tracerProvider: false })
  expect(log.slice(4)).toEqual(['one 2 by meter'])
  await kernel.shutdown()
  expect(log.slice(5)).toEqual(['one 2 ended'])
  endAgain()
})
