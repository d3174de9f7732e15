import { createKernel, resourceOf } from '@keelson/kernel'

/** The names of what a service depends on, as the plan of a kernel has them. */
export function edges(type: new (...args: never[]) => object): string[] {
  const kernel = createKernel([type])
  return kernel
    .plan()
    .resources.find(({ name }) => name === resourceOf(type).name)!
    .dependsOn.map((d) => d.resource)
}
