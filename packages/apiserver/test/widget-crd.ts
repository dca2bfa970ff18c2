import type { CustomResourceDefinition, KubernetesObject, Schema } from '@ebb/api';
import type { ResourceInfo } from '../src/resource-info.ts';
import { resourcesOfCrd } from '../src/schema/crd.ts';

/** A CRD of widgets, with these properties besides metadata. For tests. */
export function widgetCrd(properties: Record<string, Schema>): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.demo.example.com' },
    spec: {
      group: 'demo.example.com',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      scope: 'Namespaced',
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
      ],
    },
  };
}

/** The resource of such a CRD. For tests. */
export function resourceWith(properties: Record<string, Schema>): ResourceInfo {
  const [resource] = resourcesOfCrd(widgetCrd(properties));
  if (!resource) throw new Error('the CRD serves no version');
  return resource;
}

/** A widget with these fields. For tests. */
export function widget(fields: object): KubernetesObject {
  return { apiVersion: 'demo.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, ...fields };
}
