import type { OptionValues } from '../line/option.js'
import type { Loaded } from '../load/load-kernel.js'
import { checkedOptions, type MANIFEST_OPTIONS } from './manifest-options.js'
import { some } from './names.js'
import type { AppPort } from './ports.js'
import { factsOf, type RunFacts, type Where } from './service-facts.js'

/** What a manifest is made of: the figures of a module that was loaded, and what the command line says. */
export function readService(
  loaded: Pick<Loaded, 'kernel' | 'run' | 'known'>,
  options: OptionValues<typeof MANIFEST_OPTIONS>,
  where: Where,
) {
  const { kernel, run } = loaded
  const { ports, ...own } = checkedOptions(options, kernel.name)
  const found = foundIn(loaded)
  const all =
    ports.length > 0 ? ports.map((port) => found.ports.find((each) => each.port === port) ?? plainHttp(port)) : found.ports
  const job = options.kind === undefined ? found.job.length > 0 && ports.length === 0 : options.kind === 'job'
  return {
    // run() has checked its options before it handed them over.
    facts: factsOf(kernel, run as RunFacts, where),
    own: { ...own, ports: all, job },
    /** Why it is taken for a job, where nobody has said so. */
    jobWhy:
      job && options.kind === undefined
        ? `A job: ${some(found.job)} ends the service when it is done (onEnd), and nothing here listens. For a loop that never ends: --kind service.`
        : undefined,
  }
}

/** What is known of the resources of this kernel; a module may define others, too. */
function foundIn({ kernel, known }: Pick<Loaded, 'kernel' | 'known'>) {
  const here = kernel.plan().order.flatMap((name) => {
    const what = known.get(name)
    return what === undefined ? [] : [{ name, ...what }]
  })
  const ports = here.flatMap(({ port, protocol = 'http' }) => (port === undefined ? [] : [{ port, protocol }]))
  // What is run again when it fails is a loop.
  const done = here.filter(({ onEnd, restarts }) => onEnd === 'shutdown' && restarts !== true).map(({ name }) => name)
  return {
    ports: ports.filter(({ port }, i) => ports.findIndex((other) => other.port === port) === i),
    job: ports.length > 0 ? [] : done,
  }
}

function plainHttp(port: number): AppPort {
  return { port, protocol: 'http' }
}
