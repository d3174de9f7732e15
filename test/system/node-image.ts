import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleService } from './bundle.js'
import type { DockerDaemon } from './docker-daemon.js'

const npm = fileURLToPath(new URL('../node_modules/npm', import.meta.url))

/** What else is there at /app. */
const APP = {
  'package.json': JSON.stringify({
    name: 'shop',
    private: true,
    scripts: { start: 'node service.mjs', exec: 'exec node service.mjs' },
  }),
  'start.sh': '#!/bin/sh\nnode service.mjs\n',
  'exec.sh': '#!/bin/sh\nexec node service.mjs\n',
}

/** The programs that may be mounted as /bin/sh, by their names. */
export type Shells = Readonly<Record<string, string>>

/** Makes the image `node:latest`: this Node, npm, tini, the service of fixtures/ in /app, and the libraries of some shells. */
export async function makeNodeImage(daemon: DockerDaemon, shells: readonly string[]): Promise<Shells> {
  const root = mkdtempSync(join(tmpdir(), 'keelson-image-'))
  try {
    for (const folder of ['bin', 'usr/bin', 'usr/lib/node_modules', 'tmp', 'root', 'app']) {
      mkdirSync(join(root, folder), { recursive: true })
    }
    copyProgram(root, process.execPath, '/usr/bin/node')
    for (const shell of shells) copyProgram(root, which(shell), `/bin/${shell}`)
    copyFileSync(join(root, 'bin/dash'), join(root, 'bin/sh'))
    copyProgram(root, which('docker-init'), '/usr/bin/tini')
    copyProgram(root, which('busybox'), '/bin/busybox')
    symlinkSync('/bin/busybox', join(root, 'usr/bin/env'))
    cpSync(realpathSync(npm), join(root, 'usr/lib/node_modules/npm'), { recursive: true, dereference: true })
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'))
    await bundleService(join(root, 'app'))
    for (const [name, text] of Object.entries(APP)) writeFileSync(join(root, 'app', name), text, { mode: 0o755 })
    await daemon.importImage(root, 'node')
    return Object.fromEntries(shells.map((shell) => [shell, realpathSync(which(shell))]))
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** With the libraries that it is linked to, at the places where it looks for them. */
function copyProgram(root: string, from: string, to: string): void {
  copyFileSync(from, join(root, to))
  const { stdout } = spawnSync('ldd', [from], { encoding: 'utf8' })
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    copyFileSync(library, join(root, library))
  }
}

function which(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
}
