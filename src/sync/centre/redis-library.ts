/** What we use of ioredis at the centre, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
export { Cluster, Redis } from 'ioredis';
