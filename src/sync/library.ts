/** What we use of ioredis, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
export { Redis } from 'ioredis';
