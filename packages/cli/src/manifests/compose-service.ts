import { duration } from '../output/durations.js'
import { because } from './because.js'
import { askedNote, graceFigure, startFigure } from './figures.js'
import { type AppPort, probedPort } from './ports.js'
import type { ServiceFacts } from './service-facts.js'

/** What the graph cannot know of a service of Compose. */
export interface ComposeOptions {
  readonly name: string
  /** Built from the folder of the file where there is none. */
  readonly image?: string | undefined
  readonly ports: readonly AppPort[]
  readonly probePort?: number | undefined
  /** Services that are to be healthy before. */
  readonly dependsOn: readonly string[]
  readonly env: readonly string[]
  readonly margin: number
  readonly job: boolean
}

/** In s. */
const DOCKER_GRACE = 10

export function composeFile(facts: ServiceFacts, options: ComposeOptions): Record<string, unknown> {
  const { name, image, ports, dependsOn, env, job } = options
  const probed = probedPort(ports, options.probePort ?? facts.probes?.port)
  return {
    services: {
      [name]: {
        image,
        build: image === undefined ? '.' : undefined,
        init: because(
          false,
          'run() is made to be the first process of a container: it answers the signals. true where the service starts programs that start others, to reap those that lose their parent.',
        ),
        stop_grace_period: stopGrace(facts, options),
        restart: because(
          job ? 'no' : 'on-failure',
          job ? 'Code 0 is a job that is done.' : 'Code 0 is a service that was told to end; every other end is a failure.',
        ),
        environment: env.length > 0 ? environmentOf(env) : undefined,
        ports: ports.length > 0 ? ports.map(({ port }) => `${port}:${port}`) : undefined,
        healthcheck: job || probed === undefined ? undefined : healthcheckOf(facts, name, probed),
        depends_on: dependsOn.length > 0 ? dependenciesOf(dependsOn) : undefined,
      },
    },
  }
}

function stopGrace(facts: ServiceFacts, { margin }: ComposeOptions) {
  if (facts.stop.timeoutIsFitted) {
    return because(
      `${DOCKER_GRACE}s`,
      `What Docker gives by default, of which run() takes ${duration(facts.stop.timeoutMs)}, as it cannot read this. ${askedNote(facts)} For more, give createKernel() a shutdown.timeout, and this follows.`,
    )
  }
  const { seconds, why } = graceFigure(facts, margin, 'Docker')
  return because(`${seconds}s`, `${why} ${askedNote(facts)}`)
}

function healthcheckOf(facts: ServiceFacts, name: string, { port, secure }: { readonly port: number; readonly secure: boolean }) {
  const start = startFigure(facts)
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}${facts.paths.ready}`
  return because(
    {
      test: ['CMD', 'node_modules/.bin/keelson', 'probe', url, ...(secure ? ['--insecure'] : [])],
      interval: '10s',
      timeout: '5s',
      retries: 2,
      start_period: because(`${start.seconds}s`, `${start.why} Failures do not count meanwhile.`),
      start_interval: because('1s', 'Healthy as soon as it is ready, from Docker 25 on.'),
    },
    `For who waits: depends_on: { ${name}: { condition: service_healthy } }. Where being unhealthy ends the container, as in Swarm, ask ${facts.paths.live}.`,
  )
}

function dependenciesOf(names: readonly string[]) {
  return because(
    Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' }])),
    'Compose stops this service before these. With retry a resource waits for its server by itself, and service_started would do.',
  )
}

/** A `$` of a value is written twice: Compose puts variables in. */
function environmentOf(env: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    env.map((entry) => {
      const at = entry.indexOf('=')
      return at === -1 ? [entry, `\${${entry}:?}`] : [entry.slice(0, at), entry.slice(at + 1).replaceAll('$', '$$$$')]
    }),
  )
}
