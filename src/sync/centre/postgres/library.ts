/** What we use of pg, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
export { Pool } from 'pg';
export { from as copyFrom } from 'pg-copy-streams';
