export { type Controllers, type ControllersOptions, createControllers } from './create-controllers.ts';
