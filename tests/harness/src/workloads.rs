//! Manifests that many tests need, as text to compose or to patch.

/// A Deployment whose pods answer every request on port 8080 with their name.
///
/// The pods are labelled `app=<name>` and `tier=front`, and the Deployment selects by `app` alone. A pod stays ready
/// as long as it has the file `/www/ready`: `kubectl exec <pod> -- rm /www/ready` makes it not ready within a second.
/// It ends at once on SIGTERM, with no preStop hook, so requests are lost when it is killed while traffic still comes.
/// (To lose one for certain, kill `httpd` in it: the kubelet may take two seconds to begin to kill a deleted pod, and
/// its replacement may be ready by then.)
pub fn web_deployment(name: &str, replicas: u32) -> String {
    // Process 1 gets no signal that it does not handle, and busybox' httpd handles none: the shell does.
    format!(
        r#"---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}, tier: front}}
    spec:
      terminationGracePeriodSeconds: 2
      containers:
      - name: web
        image: drover.test/box:1
        imagePullPolicy: IfNotPresent
        command: [sh, -c]
        args:
        - |
          trap 'exit 0' TERM
          mkdir -p /www
          hostname > /www/index.html
          touch /www/ready
          httpd -f -p 8080 -h /www &
          wait
        ports:
        - containerPort: 8080
        readinessProbe:
          httpGet: {{path: /ready, port: 8080}}
          periodSeconds: 1
          timeoutSeconds: 5
          failureThreshold: 1
"#
    )
}

/// A Service that sends port 80 to port 8080 of the pods with these labels: `service("web", "app: web, tier: front")`.
pub fn service(name: &str, selector: &str) -> String {
    format!(
        r#"---
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector: {{{selector}}}
  ports:
  - port: 80
    targetPort: 8080
"#
    )
}
