import { KeelsonError } from '@keelson/kernel'

/** Why a constructor parameter cannot be injected. */
export type Problem =
  | 'no-metadata'
  | 'undecorated-base'
  | 'erased'
  | 'circular'
  | 'too-short'
  | 'unknown-class'
  | 'delayed-nothing'
  | 'unregistered'
  | 'no-resource'

/** A constructor parameter that cannot be injected. */
export interface UninjectableParameter {
  /** From the service down to the class that has the parameter. */
  readonly path: readonly string[]
  readonly index: number
  readonly problem: Problem
  /** The class whose constructor it is: the last of the path, or the one that this extends. */
  readonly base: string
  /** The types or tokens of all parameters of the constructor. */
  readonly signature: readonly string[]
  /** The class that lacks a decorator, for `unknown-class` and `no-resource`; absent where there is none. */
  readonly lacking?: string
}

/** The variables of a message about a parameter; `found` is its type or token. */
interface Parts {
  readonly type: string
  readonly base: string
  readonly found: string
  readonly lacking: string | undefined
}

const WHAT: Record<Problem, (parts: Parts) => string> = {
  'no-metadata': () =>
    'has no type at run time: the compiler emitted no metadata (esbuild, tsx and type stripping never do, others do with emitDecoratorMetadata)',
  'undecorated-base': ({ type, base }) =>
    `is one of ${base}, which ${type} extends and which has no decorator: compilers emit metadata for decorated classes only`,
  erased: ({ found }) => `has no type at run time: interfaces, unions, primitives and "import type" are compiled to ${found}`,
  circular: () => 'was undefined when the class was defined, as in a circular import',
  'too-short': () => 'is missing from inject',
  'unknown-class': ({ found }) => `is a ${found}, of whose constructor nothing is known`,
  'delayed-nothing': () => 'is a delay() that gives no class',
  unregistered: ({ found }) => `asks for the token ${found}, which is not registered`,
  'no-resource': ({ found, lacking }) => `is given ${found}, but ${lacking ?? 'that'} is no resource`,
}

/** What to change first, and in which class. */
const REMEDY: Record<Problem, ((parts: Parts) => string) | undefined> = {
  'no-metadata': undefined,
  erased: undefined,
  'too-short': undefined,
  'undecorated-base': ({ base }) => `put @injectable() on ${base}`,
  circular: () => 'name it as delay(() => TheClass)',
  'unknown-class': ({ lacking }) => `decorate ${lacking} with @Service() or @injectable() if it is yours`,
  'delayed-nothing': () => 'have it defined when createKernel() is called',
  unregistered: () => 'register it before createKernel()',
  'no-resource': ({ lacking }) =>
    lacking === undefined
      ? 'pass what resource() returned, or a class with @Service()'
      : `decorate ${lacking} with @Service(); one that is to be no resource is named as it is, without @Use, ref() and optional()`,
}

export function uninjectable({ path, index, problem, base, signature, lacking }: UninjectableParameter): KeelsonError {
  const type = path.at(-1)!
  const way = path.length > 1 ? ` (${path.join(' → ')})` : ''
  const parts = { type, base, found: signature[index]!, lacking }
  const first = REMEDY[problem]?.(parts)
  // @Use goes to the class that declares the constructor, @Service({ inject }) to the class that is constructed.
  const place = base === type ? 'it' : `it in ${base}`
  const service = path.length > 1 ? `decorate ${type} with ` : ''
  const general = `put @Use(resource) on ${place}, or list all that the constructor receives, in order: ${service}@Service({ inject: […] })`
  const remedy = problem === 'no-resource' ? first : first === undefined ? general : `${first}, or ${general}`
  return new KeelsonError(
    'INVALID_OPTION',
    `class ${type}${way}: parameter ${index} of new ${type}(${signature.join(', ')}) ${WHAT[problem](parts)}; ${remedy}${minified([...path, base])}`,
    { resource: path[0], details: { class: type, parameter: index, problem, path } },
  )
}

/** What to do about names that nobody recognises. */
function minified(names: readonly string[]): string {
  if (!names.some((name) => /^(?:.|[a-z_$].)$/.test(name))) return ''
  return '. These names are minified: have the bundler keep the names of classes (keepNames of esbuild, keep_classnames of terser and swc)'
}

/** `path` leads from the service down to the class. */
export function hooksNeverRun(path: readonly string[], hooks: readonly string[]): KeelsonError {
  const type = path.at(-1)!
  return new KeelsonError(
    'INVALID_OPTION',
    `class ${type} (${path.join(' → ')}) has hooks that no kernel would run: ${hooks.join(', ')}; ` +
      `decorate ${type} with @Service(), or take the hooks off${minified(path)}`,
    { resource: path[0], details: { class: type, hooks, path } },
  )
}

/** `where` is the decorator or the class; `properties` may be unknown. */
export function propertiesInjected(where: string, properties: readonly string[]): KeelsonError {
  const what = properties.length === 0 ? 'a property' : `property ${properties.join(', ')}`
  return new KeelsonError(
    'INVALID_OPTION',
    `${where} on ${what}: properties are not injected, so that a class is complete once it is constructed; ` +
      `take it in the constructor: constructor(@Use(resource) readonly ${properties[0] ?? 'name'}: …)`,
    { details: { properties } },
  )
}

export function twoRuns(type: string, runs: readonly string[]): KeelsonError {
  return new KeelsonError(
    'INVALID_OPTION',
    `class ${type} has ${runs.length} methods to run: ${runs.join(', ')}; keep one, and make each of the others a service of its own`,
    { details: { class: type, hooks: runs } },
  )
}

export function classCycle(path: readonly string[]): KeelsonError {
  return new KeelsonError(
    'DEPENDENCY_CYCLE',
    `classes depend on each other: ${path.join(' → ')}; take one of them out of the constructor of the one before it${minified(path)}`,
    { resource: path[0], details: { path } },
  )
}

export function outsideKernel(name: string): KeelsonError {
  return new KeelsonError(
    'NOT_STARTED',
    `"${name}" is made by a kernel, not by a container: use kernel.get(), or in a test its constructor`,
    { resource: name },
  )
}

export function notRunningYet(name: string): KeelsonError {
  return new KeelsonError(
    'NOT_STARTED',
    `a factory of the container asked for "${name}", which is not running; what factories take cannot be seen beforehand: ` +
      `add "${name}" to @Service({ dependsOn: { … } }) of the class that the factory is for`,
    { resource: name },
  )
}

export function registeredTooLate(name: string): KeelsonError {
  return new KeelsonError(
    'INVALID_OPTION',
    `"${name}" is needed by what was registered in the container after createKernel() had read it; register it before`,
    { resource: name },
  )
}

/** A decorator in the wrong place, or with the wrong arguments. */
export function misused(decorator: string, where: string, problem: string, remedy: string): KeelsonError {
  return new KeelsonError('INVALID_OPTION', `@${decorator} on ${where}: ${problem}; ${remedy}`, {
    details: { option: decorator },
  })
}
