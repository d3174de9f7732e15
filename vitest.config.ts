import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Unit tests read the sources of every package; what is under test/ runs on the built packages, as a user does.
const alias = readdirSync(source('./packages')).flatMap((name) => [
  { find: new RegExp(`^@keelson/${name}$`), replacement: source(`./packages/${name}/src/index.ts`) },
  { find: new RegExp(`^@keelson/${name}/(.+)$`), replacement: source(`./packages/${name}/src/$1.ts`) },
])

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        test: {
          name: 'cross',
          include: ['test/**/*.test.ts', 'examples/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/system/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What needs more than Node and npm; `npm run test:system` installs it.
        test: { name: 'system', include: ['test/system/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
      },
    ],
  },
})
