/**
 * By the folder of a package: what is compiled into it, so that it brings nothing to install and no further module to find and
 * evaluate at a start. The manifest has these as devDependencies, and scripts/package.json as dependencies, in the same version; the licences are in the package's LICENSES/third-party.txt.
 */
export const BUNDLED = { kernel: ['eventemitter3', 'p-timeout'], inspector: ['preact'] }
