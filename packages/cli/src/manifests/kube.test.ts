import { resource } from '@keelson/kernel'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { kubeProblems, patchProblems } from '../test-support/kube-problems.js'
import { KUBE, shop, shopFacts } from '../test-support/services.js'
import { verifyKernel } from '../verify/verify.js'
import { plainOf } from './because.js'
import { type KubeWish, kubeManifests } from './kube.js'
import type { KubeOptions } from './kube-options.js'
import { factsOf, type ServiceFacts } from './service-facts.js'
import { yamlText } from './yaml-text.js'

const FULL: KubeWish = { full: true, job: false }

function written(facts: ServiceFacts, options: Partial<KubeOptions> = {}, wish: KubeWish = FULL): string[] {
  return kubeManifests(facts, { ...KUBE, ...options }, wish).map((manifest) => yamlText(manifest))
}

/** The manifest of a kind, read back from its text. */
function read(kind: string, ...args: Parameters<typeof written>) {
  return written(...args)
    .map((text) => parse(text))
    .find((manifest) => manifest.kind === kind)
}

const podOf = (facts: ServiceFacts, options?: Partial<KubeOptions>) => read('Deployment', facts, options).spec.template.spec
const commentOf = (text: string, field: string) =>
  new RegExp(`((?:^ *#.*\\n)+) *${field}:`, 'm')
    .exec(text)?.[1]
    ?.replace(/^ *# ?/gm, '')
    .replaceAll('\n', ' ') ?? ''

describe('MF1 keelson k8s', () => {
  it('writes manifests that Kubernetes knows every field of', () => {
    const namespace = 'shops'
    const everything = [
      ...written(shopFacts(), { namespace, ports: [...KUBE.ports, { port: 8080, protocol: 'grpc' }] }),
      ...written(shopFacts({ shutdown: { delay: 0 } }, 'kubernetes', { lastWords: '/tmp/words' })),
      ...written(shopFacts(), {}, { full: true, job: true }),
      ...written(shopFacts(), {}, { full: true, job: false, schedule: '*/5 * * * *' }),
    ]
    expect(everything.map((text) => parse(text).kind)).toEqual([
      ...['Service', 'Deployment', 'PodDisruptionBudget'],
      ...['Service', 'Deployment', 'PodDisruptionBudget'],
      ...['Job', 'CronJob'],
    ])
    expect(everything.flatMap(kubeProblems)).toEqual([])
    const [patch = ''] = written(shopFacts(), {}, { full: false, job: false })
    expect(patchProblems(patch)).toEqual([])
    expect(patchProblems(patch.replace('minReadySeconds', 'minReadySecond'))).toEqual(['spec.minReadySecond is unknown'])
  })

  it('says in comments why each figure is what it is, and nothing else than the plain manifest', () => {
    for (const [i, text] of written(shopFacts()).entries()) {
      expect(parse(text)).toEqual(plainOf(kubeManifests(shopFacts(), KUBE, FULL)[i]))
    }
    const [, deployment = ''] = written(shopFacts())
    for (const field of [
      'terminationGracePeriodSeconds',
      'startupProbe',
      'readinessProbe',
      'livenessProbe',
      'minReadySeconds',
      'strategy',
    ]) {
      expect(commentOf(deployment, field)).not.toBe('')
    }
    expect(deployment.split('\n').filter((line) => line.trimStart().startsWith('#') && line.length > 120)).toEqual([])
  })

  it.each([
    [{}, 30],
    [{ shutdown: { timeout: 60_000 } }, 65],
    [{ shutdown: { timeout: 8_000, delay: 1_000 } }, 13],
    [{ shutdown: { timeout: 10_200 } }, 16],
  ])('gives the budget of %j, exitGrace and a margin: %i s', (options, seconds) => {
    const facts = shopFacts(options)
    expect(podOf(facts).terminationGracePeriodSeconds).toBe(seconds)
    expect(seconds * 1_000).toBeGreaterThan(facts.stop.timeoutMs + facts.stop.exitGraceMs)
    expect(commentOf(written(facts)[1]!, 'terminationGracePeriodSeconds')).toMatch(
      /^shutdown\.timeout .* exitGrace 1 s, and 4 s for the kubelet/,
    )
  })

  it('counts an exitGrace that is longer, and a margin that is given', () => {
    const facts = shopFacts({}, 'kubernetes', { probes: { port: 9000 }, exitGrace: 5_000 })
    expect(podOf(facts, { margin: 10_000 }).terminationGracePeriodSeconds).toBe(40)
  })

  it('does not sleep before SIGTERM where the kernel has a lame duck of its own, and says whose it is', () => {
    const [, byRun = ''] = written(shopFacts())
    expect(byRun).not.toContain('preStop:')
    expect(commentOf(byRun, 'terminationGracePeriodSeconds')).toContain('shutdown.delay, 5 s, which run() takes in Kubernetes')
    const [, own = ''] = written(shopFacts({ shutdown: { delay: 3_000 } }))
    expect(commentOf(own, 'terminationGracePeriodSeconds')).toContain('shutdown.delay, 3 s, which createKernel() was given')
  })

  it('sleeps where it has none, within the grace', () => {
    const pod = podOf(shopFacts({ shutdown: { delay: 0 } }))
    expect(pod.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } })
    expect(pod.terminationGracePeriodSeconds).toBe(35)
    expect(podOf(shopFacts({ shutdown: { delay: 0 } }), { ports: [] }).containers[0].lifecycle).toBeUndefined()
  })

  it.each([
    [{}, 100],
    [{ timeouts: { start: 5_000 } }, 25],
    [{ timeouts: { start: 400_000 } }, 1_210],
  ])('waits for a start of %j for %i s, and does not call it stuck', (options, seconds) => {
    const facts = shopFacts(options)
    const { failureThreshold, periodSeconds } = podOf(facts).containers[0].startupProbe
    expect(failureThreshold * periodSeconds).toBeGreaterThanOrEqual(seconds)
    expect(failureThreshold * periodSeconds).toBeLessThan(seconds + periodSeconds)
    expect(seconds * 1_000).toBeGreaterThan(facts.start.pathMs + facts.start.longestMs)
    const { progressDeadlineSeconds = 600, minReadySeconds } = read('Deployment', facts).spec
    expect(progressDeadlineSeconds).toBeGreaterThan(seconds + minReadySeconds)
  })

  it('says that a start without a limit is a guess', () => {
    const facts = shopFacts({ timeouts: { start: Infinity } })
    const { failureThreshold, periodSeconds } = podOf(facts).containers[0].startupProbe
    expect(failureThreshold * periodSeconds).toBe(600)
    expect(commentOf(written(facts)[1]!, 'startupProbe')).toContain(
      'db, api may take any time to start (timeouts.start): 10 min is a guess',
    )
  })

  it('asks the port and the paths that run() was given, and says what is wrong with others', () => {
    const probes = { port: 9100, paths: { ready: '/ok' }, host: '127.0.0.1' }
    const facts = shopFacts({}, 'kubernetes', { probes })
    const [container] = podOf(facts).containers
    expect(container.ports).toEqual([
      { name: 'http', containerPort: 3000 },
      { name: 'probes', containerPort: 9100 },
    ])
    expect(container.readinessProbe.httpGet).toEqual({ path: '/ok', port: 'probes' })
    expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'probes' })
    expect(commentOf(written(facts)[1]!, 'ports')).toContain('leave out probes.host, which is 127.0.0.1')
    const bare = shopFacts({}, 'kubernetes', {})
    expect(podOf(bare).containers[0].readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' })
    expect(commentOf(written(bare)[1]!, 'ports')).toContain('run(kernel, { probes: { port: 9000 } })')
    expect(podOf(bare, { ports: [] }).containers[0].readinessProbe).toBeUndefined()
    expect(podOf(bare, { probePort: 7000 }).containers[0].readinessProbe.httpGet.port).toBe('probes')
  })

  it('agrees with what keelson verify asks of a platform', () => {
    for (const options of [{}, { shutdown: { timeout: 90_000 } }, { timeouts: { start: 45_000 } }]) {
      const { terminationGracePeriodSeconds, containers } = podOf(shopFacts(options))
      const { periodSeconds, failureThreshold } = containers[0].startupProbe
      const platform = (graceSeconds: number, failureThreshold: number) => ({
        graceMs: graceSeconds * 1_000,
        startupProbe: { periodMs: periodSeconds * 1_000, failureThreshold },
      })
      const rules = (...args: Parameters<typeof platform>) =>
        verifyKernel(shop(options), platform(...args)).map(({ rule }) => rule)
      expect(rules(terminationGracePeriodSeconds, failureThreshold)).toEqual([])
      expect(rules(terminationGracePeriodSeconds - 10, 10)).toEqual(['budget-over-grace', 'startup-probe'])
    }
  })

  it('asks for TLS where only a server with TLS answers, and nobody where none speaks HTTP/1', () => {
    const bare = shopFacts({}, 'kubernetes', {})
    const [http, https, grpc, h2c] = (['http', 'https', 'grpc', 'h2c'] as const).map((protocol, i) => ({
      port: 3000 + i,
      protocol,
    }))
    const [secure] = podOf(bare, { ports: [grpc!, https!] }).containers
    expect(secure.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'https', scheme: 'HTTPS' })
    expect(podOf(bare, { ports: [https!, http!], probePort: 3000 }).containers[0].livenessProbe.httpGet.port).toBe('http')
    const none = written(bare, { ports: [grpc!, h2c!, { port: 4000, protocol: 'grpc' }] })
    expect(none.join('')).not.toContain('Probe:')
    expect(commentOf(none[1]!, 'ports')).toContain('No probes: nothing here answers those of the kubelet.')
    expect(parse(none[0]!).spec.ports).toEqual([
      { name: 'grpc', port: 3002, targetPort: 'grpc', appProtocol: 'kubernetes.io/h2c' },
      { name: 'h2c', port: 3003, targetPort: 'h2c', appProtocol: 'kubernetes.io/h2c' },
      { name: 'grpc-4000', port: 4000, targetPort: 'grpc-4000', appProtocol: 'kubernetes.io/h2c' },
    ])
    expect([...none, ...written(bare, { ports: [https!] })].flatMap(kubeProblems)).toEqual([])
    expect(read('Service', bare, { ports: [https!, http!] }).spec.ports.map(({ port }: { port: number }) => port)).toEqual([
      443, 80,
    ])
  })

  it('says who has counted failures before the kubelet', () => {
    const extra = { start: () => {}, check: () => true, impact: 'degraded', monitor: { failureThreshold: 7 } } as const
    const strict = { start: () => {}, check: () => true, monitor: { failureThreshold: 1 } }
    const kernel = shop({}, [resource('cache', extra), resource('disk', strict)])
    const text = written(factsOf(kernel, { probes: { port: 9000 } }, 'kubernetes'))[1]!
    expect(commentOf(text, 'readinessProbe')).toContain('1 failed check of disk; 3 failed checks of db, api.')
    expect(commentOf(written(shopFacts())[1]!, 'readinessProbe')).toContain('3 failed checks of db, api')
    const waiting = shopFacts({}, 'kubernetes', { probes: { port: 9000 }, onFailure: 'wait' })
    expect(commentOf(written(waiting)[1]!, 'livenessProbe')).toContain('onFailure is "wait", so that this probe ends the process')
  })

  it('has the last words where run() leaves them', () => {
    const container = (lastWords: string | false) => podOf(shopFacts({}, 'kubernetes', { lastWords })).containers[0]
    expect(container('/tmp/words')).toMatchObject({
      terminationMessagePath: '/tmp/words',
      terminationMessagePolicy: 'FallbackToLogsOnError',
    })
    expect(container(false)).not.toHaveProperty('terminationMessagePath')
    const [, none = ''] = written(shopFacts({}, 'kubernetes', { lastWords: false }))
    expect(commentOf(none, 'terminationMessagePolicy')).toContain('lastWords is false')
  })

  it('protects several replicas, and does not keep a node from being drained for a single one', () => {
    expect(read('PodDisruptionBudget', shopFacts()).spec.maxUnavailable).toBe(1)
    expect(written(shopFacts(), { replicas: 1 }).map((text) => parse(text).kind)).toEqual(['Service', 'Deployment'])
  })

  it('takes variables from a secret, or as they are', () => {
    const env = [...KUBE.env, 'PRICE=$(5) $x']
    expect(podOf(shopFacts(), { env }).containers[0].env).toEqual([
      { name: 'NODE_ENV', value: 'production' },
      { name: 'LEVEL', value: 'info' },
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'shop', key: 'DATABASE_URL' } } },
      { name: 'PRICE', value: '$$(5) $x' },
    ])
  })

  it('has no probes of readiness for a job, never two at once, and none that counts an eviction as a failure', () => {
    const job = read('Job', shopFacts(), {}, { full: true, job: true }).spec
    expect(job.template.spec).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 30 })
    expect(Object.keys(job.template.spec.containers[0]).filter((key) => key.endsWith('Probe'))).toEqual([])
    expect(job).toMatchObject({ podReplacementPolicy: 'Failed', backoffLimit: 3 })
    const cron = read('CronJob', shopFacts(), {}, { full: true, job: false, schedule: '0 3 * * *' }).spec
    expect(cron).toMatchObject({ schedule: '0 3 * * *', concurrencyPolicy: 'Forbid' })
    expect(cron.jobTemplate.spec).toEqual(job)
  })
})
