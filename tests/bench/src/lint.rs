//! How long `kubectl lifecycle lint -f` takes for many manifests, without a cluster.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::median::median;

const RUNS: usize = 9;
const WORKLOADS: usize = 1_000;

/// What is asked, by the form of the answer.
const FORMS: [&str; 3] = ["table", "json", "sarif"];

/// Writes the manifests, lints them some times and prints how long that took.
pub fn measure(plugin: &Path) {
    let folder = tempfile::tempdir().expect("there is room for a file");
    let file = folder.path().join("manifests.yaml");
    let manifests = manifests();
    std::fs::write(&file, &manifests).expect("the file can be written");
    let size = manifests.len() as f64 / 1e6;
    println!("lint -f of {WORKLOADS} workloads and as many Services, {size:.1} MB, median of {RUNS}");
    for form in FORMS {
        let took = median((0..RUNS).map(|_| run(plugin, &file, form)));
        println!("{form:<24} {:>6.0} ms", took.as_secs_f64() * 1e3);
    }
}

fn run(plugin: &Path, file: &Path, form: &str) -> Duration {
    let started = Instant::now();
    let status = Command::new(plugin)
        .args(["lint", "--fail-on", "never", "-o", form, "-f"])
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", plugin.display()));
    assert!(status.success(), "{} lints its manifests", plugin.display());
    started.elapsed()
}

/// Deployments as charts render them, each with its Service. Every fourth has something wrong with it.
fn manifests() -> String {
    let mut text = String::new();
    for number in 0..WORKLOADS {
        let sleep = if number % 4 == 0 { 40 } else { 5 };
        let _ = write!(text, "{}", manifest(number, sleep));
    }
    text
}

fn manifest(number: usize, sleep: usize) -> String {
    format!(
        "---
# Source: shop/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
  namespace: shop
  labels:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: web-{number}
    app.kubernetes.io/managed-by: Helm
    helm.sh/chart: web-1.4.2
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: web
      app.kubernetes.io/instance: web-{number}
  template:
    metadata:
      annotations:
        checksum/config: 3c6e0b8a9c15224a8228b9a98ca1531d
      labels:
        app.kubernetes.io/name: web
        app.kubernetes.io/instance: web-{number}
    spec:
      serviceAccountName: web-{number}
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        fsGroup: 1000
      containers:
        - name: web
          image: \"registry.example/shop/web:1.4.2\"
          imagePullPolicy: IfNotPresent
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
          env:
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: web-{number}
                  key: url
            - name: LOG_LEVEL
              value: info
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
          lifecycle:
            preStop:
              exec:
                command: [\"/bin/sh\", \"-c\", \"sleep {sleep}; /app/drain\"]
          livenessProbe:
            httpGet:
              path: /livez
              port: http
            failureThreshold: 6
          readinessProbe:
            httpGet:
              path: /readyz
              port: http
            periodSeconds: 5
          resources:
            limits:
              memory: 256Mi
            requests:
              cpu: 100m
              memory: 256Mi
          volumeMounts:
            - name: config
              mountPath: /etc/web
      volumes:
        - name: config
          configMap:
            name: web-{number}
---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: web-{number}
  namespace: shop
spec:
  type: ClusterIP
  ports:
    - port: 80
      targetPort: http
      protocol: TCP
      name: http
  selector:
    app.kubernetes.io/name: web
    app.kubernetes.io/instance: web-{number}
"
    )
}
