import { KeelsonError } from '@keelson/kernel'

/** Why a constructor parameter cannot be injected. */
export type Problem =
  | 'no-metadata'
  | 'undecorated-base'
  | 'erased'
  | 'circular'
  | 'too-short'
  | 'unknown-class'
  | 'unregistered'
  | 'no-resource'

const WHAT: Record<Problem, (found: string, names: { type: string; base: string }) => string> = {
  'no-metadata': () =>
    'has no type at run time: the compiler emitted no metadata (esbuild, tsx and type stripping never do, others do with emitDecoratorMetadata)',
  'undecorated-base': (_, { type, base }) =>
    `is one of ${base}, which ${type} extends and which has no decorator: compilers emit metadata for decorated classes only; put @injectable() on ${base}`,
  erased: (found) => `has no type at run time: interfaces, unions, primitives and "import type" are compiled to ${found}`,
  circular: () => 'was undefined when the class was defined, as in a circular import: name it as delay(() => TheClass)',
  'too-short': () => 'is missing from inject',
  'unknown-class': (found) => `is a ${found}, of whose constructor nothing is known`,
  unregistered: (found) => `asks for the token ${found}, which is not registered: register it before createKernel()`,
  'no-resource': () =>
    'is given what is no resource by @Use: a class that is none needs no @Use where its type says it, else @inject()',
}

export interface UninjectableParameter {
  /** From the service down to the class that has the parameter. */
  readonly path: readonly string[]
  readonly index: number
  readonly problem: Problem
  /** The class whose constructor it is. */
  readonly base: string
  /** What was found for each parameter of the constructor. */
  readonly signature: readonly string[]
}

export function uninjectable({ path, index, problem, base, signature }: UninjectableParameter): KeelsonError {
  const type = path.at(-1)!
  const way = path.length > 1 ? ` (${path.join(' → ')})` : ''
  const found = signature[index]!
  const service = path.length > 1 ? `decorate ${type} with ` : ''
  return new KeelsonError(
    'INVALID_OPTION',
    `class ${type}${way}: parameter ${index} of new ${type}(${signature.join(', ')}) ${WHAT[problem](found, { type, base })}; ` +
      `${problem === 'undecorated-base' ? 'or ' : ''}put @Use(resource) on it, or list all that the constructor receives, in order: ${service}@Service({ inject: […] })`,
    { resource: path[0], details: { class: type, parameter: index, problem, path } },
  )
}

export function classCycle(path: readonly string[]): KeelsonError {
  return new KeelsonError(
    'DEPENDENCY_CYCLE',
    `classes depend on each other: ${path.join(' → ')}; take one of them out of the constructor of the one before it`,
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
