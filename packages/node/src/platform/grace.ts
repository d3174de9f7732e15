import type { Grace } from '../narrate/grace.js'
import type { Environment } from './platform.js'

/** What is known of a process besides its environment. */
export interface Place {
  readonly pid: number
  readonly ppid: number
  /** Whether there is a sign of a container in its file system. */
  readonly contained: boolean
}

/**
 * X8: what ends this process first, and how long that waits; undefined where the kernel's own default fits: under Kubernetes (30 s), under
 * systemd, which is asked for more time as it goes, and where nothing is known.
 */
export function graceOf(env: Environment, place: Place): Grace | undefined {
  const found = PLATFORMS.find(({ isHere }) => isHere(env, place))
  if (found === undefined || found.ms === undefined) return undefined
  const { platform, setting, said } = found
  const ms = said?.(env) ?? found.ms
  return { platform, ms, ...(setting !== undefined && { setting }) }
}

/** What a kernel may take of it: a second is left for the process to end, of a short grace a part. In ms. */
export function budgetOf({ ms }: Grace): number {
  return Math.max(ms - 1_000, ms / 4)
}

interface Known {
  readonly platform: string
  /** In ms, by default; undefined where the kernel's own budget fits. */
  readonly ms: number | undefined
  readonly setting?: string
  isHere(env: Environment, place: Place): boolean
  /** In ms: what the environment says of it. */
  said?(env: Environment): number | undefined
}

/** The nearest comes first: PM2 kills its children whatever the platform around it allows. */
const PLATFORMS: readonly Known[] = [
  {
    platform: 'PM2',
    ms: 1_600,
    setting: 'kill_timeout',
    isHere: ({ pm_id }) => pm_id !== undefined,
    said: ({ kill_timeout, PM2_KILL_TIMEOUT }) => positive(kill_timeout) ?? positive(PM2_KILL_TIMEOUT),
  },
  { platform: 'systemd', ms: undefined, isHere: ({ NOTIFY_SOCKET }) => Boolean(NOTIFY_SOCKET) },
  {
    platform: 'Azure Container Apps',
    ms: 30_000,
    setting: 'terminationGracePeriodSeconds',
    isHere: ({ CONTAINER_APP_NAME }) => Boolean(CONTAINER_APP_NAME),
  },
  // Before Cloud Run: Knative sets the same variables, with a grace of its own.
  { platform: 'Kubernetes', ms: undefined, isHere: ({ KUBERNETES_SERVICE_HOST }) => Boolean(KUBERNETES_SERVICE_HOST) },
  {
    platform: 'Cloud Run',
    ms: 10_000,
    isHere: ({ K_SERVICE, CLOUD_RUN_JOB, CLOUD_RUN_WORKER_POOL }) => Boolean(K_SERVICE || CLOUD_RUN_JOB || CLOUD_RUN_WORKER_POOL),
  },
  { platform: 'Fly', ms: 5_000, setting: 'kill_timeout', isHere: ({ FLY_APP_NAME }) => Boolean(FLY_APP_NAME) },
  { platform: 'Heroku', ms: 30_000, isHere: ({ DYNO }) => Boolean(DYNO) },
  {
    platform: 'ECS',
    ms: 30_000,
    setting: 'stopTimeout',
    isHere: (env) => Boolean(env.ECS_CONTAINER_METADATA_URI_V4 || env.ECS_CONTAINER_METADATA_URI),
  },
  {
    platform: 'Railway',
    ms: 30_000,
    setting: 'RAILWAY_DEPLOYMENT_DRAINING_SECONDS',
    isHere: (env) => Boolean(env.RAILWAY_SERVICE_ID || env.RAILWAY_ENVIRONMENT_ID || env.RAILWAY_ENVIRONMENT),
    said: ({ RAILWAY_DEPLOYMENT_DRAINING_SECONDS }) => seconds(RAILWAY_DEPLOYMENT_DRAINING_SECONDS),
  },
  { platform: 'Render', ms: 30_000, setting: 'maxShutdownDelaySeconds', isHere: ({ RENDER }) => Boolean(RENDER) },
  { platform: 'Nomad', ms: 5_000, setting: 'kill_timeout', isHere: ({ NOMAD_ALLOC_ID }) => Boolean(NOMAD_ALLOC_ID) },
  // A unit without a socket to notify: systemd waits for 90 s.
  { platform: 'systemd', ms: undefined, isHere: ({ INVOCATION_ID }) => Boolean(INVOCATION_ID) },
  {
    platform: 'docker stop',
    ms: 10_000,
    setting: '-t, --stop-timeout, stop_grace_period',
    isHere: (_env, { pid, ppid, contained }) => pid === 1 || (ppid === 1 && contained),
  },
]

function positive(text: string | undefined): number | undefined {
  const ms = Number(text)
  return ms > 0 && Number.isFinite(ms) ? ms : undefined
}

function seconds(text: string | undefined): number | undefined {
  const s = positive(text)
  return s === undefined ? undefined : s * 1_000
}
