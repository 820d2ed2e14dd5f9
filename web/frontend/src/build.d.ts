/** Whether the page is built for an exported file, which has its recording in it. */
declare const __ENCLOSED__: boolean;
