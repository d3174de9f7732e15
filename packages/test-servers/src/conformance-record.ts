import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is run: a column of docs/adapters.md. */
export interface ConformanceRun {
  /** As it is called: `postgres()`. */
  readonly adapter: string
  /** The driver, as the package of the test has it installed: `pg`, or the alias `mongodb6`. */
  readonly driver: string
  /** What it is run against: `PostgreSQL 18`. */
  readonly server: string
}

/** What `report` of a conformance run is told of each case. */
interface Result {
  readonly case: string
  readonly rule: string
  readonly outcome: string
  readonly why?: string
  readonly figures: Readonly<Record<string, number>>
}

/**
 * The `report` of a conformance run: writes what is told to `.cache/conformance`, where `scripts/adapters.mjs` makes docs/adapters.md of
 * it. `test` is `import.meta.url` of the test.
 *
 * @example
 * conformance({ …, report: recordConformance(import.meta.url, { adapter: 'postgres()', driver: 'pg', server: 'PostgreSQL 18' }) })
 */
export function recordConformance(test: string, { adapter, driver, server }: ConformanceRun): (result: Result) => void {
  const from = dirname(fileURLToPath(test))
  const { name, version } = JSON.parse(readFileSync(above(from, join('node_modules', driver, 'package.json')), 'utf8'))
  const folder = join(dirname(above(from, 'pnpm-workspace.yaml')), '.cache', 'conformance')
  const file = join(folder, `${adapter} ${driver}.json`.replace(/[^\w.]+/g, '-'))
  const results: Result[] = []
  mkdirSync(folder, { recursive: true })
  return (result) => {
    results.push(result)
    writeFileSync(file, JSON.stringify({ adapter, driver: name, version, server, results }, null, 1))
  }
}

/** A path below a folder, or below the nearest folder above that has it. */
function above(folder: string, path: string): string {
  const found = join(folder, path)
  if (existsSync(found)) return found
  if (dirname(folder) === folder) throw new Error(`recordConformance: there is no ${path} above the test`)
  return above(dirname(folder), path)
}
