/** What we use of yaml, for loading on demand: a CommonJS library has no names of its own behind `import()` in a bundle. */
export { stringify } from 'yaml';
