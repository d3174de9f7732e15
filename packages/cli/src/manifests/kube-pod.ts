import { duration } from '../output/durations.js'
import { because } from './because.js'
import { askedNote, graceFigure } from './figures.js'
import type { KubeOptions } from './kube-options.js'
import { probesOf } from './kube-probes.js'
import { namedPorts, PROBE_PORT, probedPort } from './ports.js'
import type { ServiceFacts } from './service-facts.js'

/** In ms: what `preStop` waits where the kernel has no lame duck of its own. */
const LAME_DUCK = 5_000

/** Of what kind the pod is, and whether the whole of it is wanted, or what follows from the graph. */
export interface PodKind {
  readonly job: boolean
  readonly full: boolean
}

/** The `spec` of a pod. */
export function podOf(facts: ServiceFacts, options: KubeOptions, kind: PodKind): Record<string, unknown> {
  const sleeps = !kind.job && facts.stop.delayMs === 0 && options.ports.length > 0
  return {
    restartPolicy: kind.job ? because('Never', restartWhy) : undefined,
    terminationGracePeriodSeconds: graceOf(facts, options, sleeps, kind.job),
    securityContext: kind.full
      ? {
          runAsNonRoot: true,
          runAsUser: because(1_000, 'node, in the images of that name.'),
          seccompProfile: { type: 'RuntimeDefault' },
        }
      : undefined,
    topologySpreadConstraints: kind.full && !kind.job ? spreadOver(options.name) : undefined,
    containers: [containerOf(facts, options, kind, sleeps)],
  }
}

const restartWhy = 'A new pod for each attempt, so that the logs and the message of one that failed are kept.'

function graceOf(facts: ServiceFacts, { margin }: KubeOptions, sleeps: boolean, job: boolean) {
  const { seconds, why } = graceFigure(
    facts,
    margin + (sleeps ? LAME_DUCK : 0),
    sleeps ? 'preStop and the kubelet' : 'the kubelet',
  )
  return because(seconds, `${why} ${askedNote(facts)}\n${job ? jobDelayNote(facts) : delayNote(facts, sleeps)}`.trim())
}

function delayNote({ stop }: ServiceFacts, sleeps: boolean): string {
  const { delayMs, delayIsFitted } = stop
  if (sleeps) return ''
  if (delayMs === 0)
    return 'No preStop: nothing here takes requests. Where something does, shutdown.delay is to be 5 s, or a preStop to sleep.'
  const whose = delayIsFitted ? 'which run() takes in Kubernetes' : 'which createKernel() was given'
  return `No preStop that sleeps: shutdown.delay, ${duration(delayMs)}, ${whose}, is that, and knows when it is not needed. A sleep would come on top of it.`
}

function jobDelayNote({ stop }: ServiceFacts): string {
  if (stop.delayMs === 0) return ''
  const setting = 'createKernel(resources, { shutdown: { delay: 0 } })'
  return `Nobody sends requests to a job: the delay of ${duration(stop.delayMs)} only makes it end later when it is told to. ${setting} saves it.`
}

function containerOf(
  facts: ServiceFacts,
  options: KubeOptions,
  { job, full }: PodKind,
  sleeps: boolean,
): Record<string, unknown> {
  const probePort = options.probePort ?? facts.probes?.port
  const ports = namedPorts(options.ports, probePort)
  const probed = probedPort(options.ports, probePort)
  const asked = ports.find(({ containerPort }) => containerPort === probed?.port)?.name
  return {
    name: options.name,
    image: full ? options.image : undefined,
    ports: ports.length > 0 ? because(ports, portsWhy(facts, asked, job)) : undefined,
    env: envOf(options, full),
    lifecycle: sleeps ? because(preStop, preStopWhy) : undefined,
    ...(job || asked === undefined ? {} : probesOf(facts, asked, probed?.secure === true)),
    terminationMessagePath: facts.run.lastWords || undefined,
    terminationMessagePolicy: because('FallbackToLogsOnError', lastWordsWhy(facts)),
    resources: full ? because(resourcesOf(options), resourcesWhy) : undefined,
    securityContext: full ? { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } : undefined,
  }
}

function lastWordsWhy({ run }: ServiceFacts): string {
  if (run.lastWords === false) return 'For kubectl describe: the last lines of its log, as lastWords is false.'
  return 'run() leaves why it failed in the termination log, for kubectl describe; where it could not, these are the last lines of its log.'
}

const preStop = { preStop: { sleep: { seconds: LAME_DUCK / 1_000 } } }
const preStopWhy =
  'shutdown.delay is 0: without this requests would come to a port that is closed. Better give createKernel() a delay: it is left out where nobody sends requests any more. From Kubernetes 1.30 on.'

const OWN_PORT = 'Give them a port of their own: run(kernel, { probes: { port: 9000 } }).'

function portsWhy({ probes, paths }: ServiceFacts, asked: string | undefined, job: boolean): string {
  if (job) return 'For whoever looks at it while it runs.'
  if (asked === undefined) return `No probes: nothing here answers those of the kubelet. ${OWN_PORT}`
  if (asked !== PROBE_PORT) {
    return `Probes are asked of the application's own port, which is closed while its server restarts or has not started. ${OWN_PORT}`
  }
  const local = probes?.host === '127.0.0.1' || probes?.host === 'localhost' || probes?.host === '::1'
  const host = local ? ` The kubelet asks from outside: leave out probes.host, which is ${probes?.host}.` : ''
  return `Probes have a port of their own: it is open before anything starts, until everything has stopped (${paths.live}, ${paths.ready}, ${paths.startup}).${host}`
}

/** A `$(` of a value is written `$$(`: Kubernetes puts variables in. */
function envOf({ env, name }: KubeOptions, full: boolean): readonly unknown[] | undefined {
  const given = env.map((entry) => {
    const at = entry.indexOf('=')
    if (at !== -1) return { name: entry.slice(0, at), value: entry.slice(at + 1).replaceAll('$(', '$$$$(') }
    return { name: entry, valueFrom: { secretKeyRef: { name, key: entry } } }
  })
  const all = full ? [{ name: 'NODE_ENV', value: 'production' }, ...given] : given
  return all.length > 0 ? all : undefined
}

function resourcesOf({ cpu, memory }: KubeOptions) {
  return { requests: { cpu, memory }, limits: { memory } }
}

const resourcesWhy =
  'To be measured. A limit on memory, no limit on CPU: a process that is throttled drains late. What a start takes more than the rest belongs in the request.'

function spreadOver(name: string) {
  return because(
    [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app: name } },
      },
    ],
    'A node that goes takes few of the replicas with it.',
  )
}
