import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { composeProblems } from '../test-support/compose-problems.js'
import { shopFacts } from '../test-support/services.js'
import { type ComposeOptions, composeFile } from './compose-service.js'
import { yamlText } from './yaml-text.js'

const OPTIONS: ComposeOptions = {
  name: 'shop',
  ports: [{ port: 3000, protocol: 'http' }],
  dependsOn: ['postgres', 'redis'],
  env: ['LEVEL=info', 'PRICE=5$', 'DATABASE_URL'],
  margin: 4_000,
  job: false,
}

const written = (options: Partial<ComposeOptions> = {}, facts = shopFacts({}, 'docker')) =>
  yamlText(composeFile(facts, { ...OPTIONS, ...options }))
const read = (...args: Parameters<typeof written>) => parse(written(...args)).services.shop

describe('the check of Compose files', () => {
  it.each([
    [
      'a field that is misspelled',
      'stop_grace_period',
      'stop_grace_time',
      'must NOT have additional properties {"additionalProperty":"stop_grace_time"}',
    ],
    ['one of the health check', 'start_period', 'start_time', '"additionalProperty":"start_time"'],
    [
      'a condition that there is not',
      '\n        condition: service_healthy',
      '\n        condition: healthy',
      'must be equal to one of the allowed values',
    ],
    ['a list for a text', 'restart: on-failure', 'restart: [on-failure]', 'must be string'],
  ])('finds %s', (_what, right, wrong, problem) => {
    const text = written()
    expect(composeProblems(parse(text))).toEqual([])
    expect(text).toContain(right)
    expect(composeProblems(parse(text.replace(right, wrong))).join('\n')).toContain(problem)
  })
})

describe('MF1 keelson compose', () => {
  it('writes what Compose knows every field of', () => {
    for (const options of [
      { image: 'shop:1' },
      { job: true },
      { ports: [{ port: 22, protocol: 'grpc' as const }] },
      { env: [], dependsOn: [] },
    ]) {
      expect(composeProblems(parse(written(options)))).toEqual([])
    }
    // In YAML 1.1, which older ones read, 22:22 is a number.
    expect(written({ ports: [{ port: 22, protocol: 'http' }] })).toContain('"22:22"')
  })

  it('gives what Docker gives where run() fits its budget to that, and else what the budget needs', () => {
    expect(read().stop_grace_period).toBe('10s')
    expect(written()).toContain('run() takes 9 s')
    expect(read({}, shopFacts({ shutdown: { timeout: 25_000 } }, 'docker')).stop_grace_period).toBe('30s')
  })

  it('is healthy when it is ready, by keelson itself, and waits for as long as a start may take', () => {
    expect(read().healthcheck).toMatchObject({
      test: ['CMD', 'node_modules/.bin/keelson', 'probe', 'http://127.0.0.1:9000/readyz'],
      start_period: '100s',
      start_interval: '1s',
    })
    expect(read({ probePort: 7000 }).healthcheck.test[3]).toBe('http://127.0.0.1:7000/readyz')
    const bare = shopFacts({}, 'docker', {})
    expect(read({}, bare).healthcheck.test[3]).toBe('http://127.0.0.1:3000/readyz')
    expect(read({ ports: [] }, bare).healthcheck).toBeUndefined()
    const secure = read({ ports: [{ port: 3443, protocol: 'https' }] }, bare).healthcheck.test
    expect(secure.slice(2)).toEqual(['probe', 'https://127.0.0.1:3443/readyz', '--insecure'])
  })

  it('has the rest as it was said', () => {
    expect(read()).toMatchObject({
      build: '.',
      init: false,
      restart: 'on-failure',
      ports: ['3000:3000'],
      environment: { LEVEL: 'info', PRICE: '5$$', DATABASE_URL: `\${DATABASE_URL:?}` },
      depends_on: { postgres: { condition: 'service_healthy' }, redis: { condition: 'service_healthy' } },
    })
    expect(read({ image: 'shop:1' })).not.toHaveProperty('build')
    expect(read({ job: true })).toMatchObject({ restart: 'no' })
    expect(read({ job: true })).not.toHaveProperty('healthcheck')
  })
})
