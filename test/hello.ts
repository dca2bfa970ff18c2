/** The manifest of a Service of the hello app; `annotations` of its Revisions and `traffic` in YAML. */
export const helloManifest = (name: string, { target = 'World', annotations = '{}', traffic = '' } = {}): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${name}
spec:
  template:
    metadata:
      annotations: ${annotations}
    spec:
      containers:
        - image: dev.local/hello
          env:
            - name: TARGET
              value: ${target}
${traffic}`;
