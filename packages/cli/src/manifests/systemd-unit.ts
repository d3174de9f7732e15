import { printable } from '@keelson/kernel/redact'
import { duration } from '../output/durations.js'
import { because } from './because.js'
import { askedNote, graceFigure, startFigure } from './figures.js'
import type { IniSections } from './ini-text.js'
import type { ServiceFacts } from './service-facts.js'

/** What the graph cannot know of a unit. */
export interface UnitOptions {
  /** Of the unit, and of the file of variables. */
  readonly name: string
  readonly description: string
  /** Absolute, as systemd wants it. */
  readonly node: string
  readonly directory: string
  /** What node runs, from the directory. */
  readonly main: string
  readonly user?: string | undefined
  /** `NAME=value`, or `NAME` for what is in the file of variables. */
  readonly env: readonly string[]
  /** In ms: on top of what the process may take to end. */
  readonly margin: number
  readonly job: boolean
  /** Why it is taken for one. */
  readonly jobWhy?: string | undefined
  /** For a timer: when the job runs, as `OnCalendar=` has it. */
  readonly calendar?: string | undefined
}

/** In s: how long an event loop may be blocked. */
const WATCHDOG = 30

export function serviceUnit(facts: ServiceFacts, options: UnitOptions): IniSections {
  const { description, calendar } = options
  return {
    Unit: {
      Description: oneLine(description),
      Wants: 'network-online.target',
      After: 'network-online.target',
    },
    Service: {
      ...(options.job ? jobSettings(facts) : serviceSettings(facts)),
      ...stopSettings(facts, options),
      ...programSettings(options),
      ...hardening,
    },
    ...(calendar === undefined && !options.job && { Install: { WantedBy: 'multi-user.target' } }),
  }
}

/** Starts the job of the same name. */
export function timerUnit({ description, calendar }: UnitOptions): IniSections {
  return {
    Unit: { Description: `When to run: ${oneLine(description)}` },
    Timer: {
      OnCalendar: calendar,
      Persistent: because('true', 'A run that was due while the machine was off is made up for.'),
    },
    Install: { WantedBy: 'timers.target' },
  }
}

function serviceSettings(facts: ServiceFacts): Record<string, unknown> {
  const start = startFigure(facts)
  const { onFailure } = facts.run
  return {
    Type: because('notify', 'Started when everything runs: what comes after it can use it.'),
    NotifyAccess: because(
      'all',
      'Messages come from the program systemd-notify, a process of its own. With node-unix-socket beside @keelson/node they come from Node itself, and main would do.',
    ),
    TimeoutStartSec: because(
      start.seconds,
      `${start.why} While it starts it asks for more as it goes; this is for one that hangs.`,
    ),
    WatchdogSec: because(
      WATCHDOG,
      `Fed while the kernel is live, twice in that time: an event loop that is blocked for ${duration(WATCHDOG * 1_000)} is ended${
        onFailure === 'wait' ? ', and so is a kernel that has failed (onFailure is "wait")' : ''
      }.`,
    ),
    Restart: because('on-failure', 'Code 0 is a service that was told to end; every other end is a failure.'),
    RestartSec: because(
      5,
      'Five starts within ten seconds, and systemd gives up: with a pause of five there are never that many.',
    ),
  }
}

function jobSettings(facts: ServiceFacts): Record<string, unknown> {
  const start = startFigure(facts)
  return {
    Type: because('oneshot', 'Done when its process has ended: 0 when the task is done, 1 when it has failed.'),
    TimeoutStartSec: because('infinity', `That is the whole run of a oneshot, of which only the start has limits. ${start.why}`),
    Restart: because(
      'on-failure',
      'A job that was told to end before it was done has to say so: throw when ctx.stopping aborts.',
    ),
    RestartSec: 30,
  }
}

function stopSettings(facts: ServiceFacts, { margin }: UnitOptions): Record<string, unknown> {
  const grace = graceFigure(facts, margin, 'systemd')
  return {
    TimeoutStopSec: because(grace.seconds, `${grace.why} ${askedNote(facts)} While it stops it asks for more as it goes.`),
    KillMode: because(
      'mixed',
      'SIGTERM for Node alone: child processes are needed until the requests are over that use them. SIGKILL is for all.',
    ),
    SuccessExitStatus: because(
      143,
      '128 + SIGTERM, of a process that was told to end before run() listened and has a shell or a wrapper around it.',
    ),
  }
}

function programSettings({ name, node, directory, main, user, env }: UnitOptions): Record<string, unknown> {
  const kept = env.filter((entry) => !entry.includes('='))
  return {
    ExecStart: because(`${argument(node)} ${argument(main)}`, 'Node itself: npm and shells keep the signal to themselves.'),
    WorkingDirectory: directory,
    User: user,
    DynamicUser:
      user === undefined
        ? because('yes', 'A user that exists while the service runs; what is to outlive it belongs in StateDirectory=.')
        : undefined,
    Environment: ['NODE_ENV=production', ...env.filter((entry) => entry.includes('='))].map(word),
    EnvironmentFile:
      kept.length > 0
        ? because(`/etc/${name}.env`, `Has ${kept.join(', ')}; readable by root alone, as it may hold secrets.`)
        : undefined,
  }
}

const hardening: Readonly<Record<string, unknown>> = {
  NoNewPrivileges: because(
    'yes',
    'What Node can do without; systemd-analyze security tells what is left. Not MemoryDenyWriteExecute=yes: V8 compiles to memory.',
  ),
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  ProtectKernelTunables: 'yes',
  ProtectKernelModules: 'yes',
  ProtectKernelLogs: 'yes',
  ProtectControlGroups: 'yes',
  ProtectClock: 'yes',
  ProtectHostname: 'yes',
  RestrictNamespaces: 'yes',
  RestrictRealtime: 'yes',
  RestrictSUIDSGID: 'yes',
  LockPersonality: 'yes',
  SystemCallArchitectures: 'native',
  RestrictAddressFamilies: because('AF_INET AF_INET6 AF_UNIX AF_NETLINK', 'AF_NETLINK is what os.networkInterfaces() asks.'),
  CapabilityBoundingSet: '',
}

function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replaceAll('%', '%%')
}

/** As systemd reads a word of a setting: it expands `%`, and takes quotes, spaces and backslashes for its own. */
function word(text: string): string {
  const escaped = text.replaceAll('%', '%%')
  if (!/[\s"'\\]/.test(escaped)) return escaped
  return `"${escaped.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/** A word of a command line, where `$` stands for variables, too. */
function argument(text: string): string {
  return word(text).replaceAll('$', '$$$$')
}
