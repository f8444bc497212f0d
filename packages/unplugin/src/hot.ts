/** What ends the instance of glue that is replaced in a running program: the new glue has one of its own. */

/**
 * For Vite. Note: its `dispose` is called only for the module that accepts an update, and glue is further in; what a module keeps in
 * `data`, its next evaluation finds.
 */
export const importMetaHot = `
if (import.meta.hot) {
    const $hot = import.meta.hot;
    if ($hot.data.revive !== __revive) void $hot.data.revive?.dispose();
    $hot.data.revive = __revive;
    $hot.prune?.(() => void __revive.dispose());
}
`;

/** For webpack and Rspack, which call it for every module that is replaced. */
export const webpackHot = `
if (import.meta.webpackHot) import.meta.webpackHot.dispose(() => void __revive.dispose());
`;
