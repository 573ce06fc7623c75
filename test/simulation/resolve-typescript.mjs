import { registerHooks } from 'node:module';

/** Node strips the types; what is left to do is that a relative `./x.js` in a source file means `./x.ts`. */
registerHooks({
  resolve(specifier, context, next) {
    const isSource = context.parentURL?.endsWith('.ts') === true && /^\.{1,2}\/.*\.js$/.test(specifier);
    return next(isSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
  },
});
