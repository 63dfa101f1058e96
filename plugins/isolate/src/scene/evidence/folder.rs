//! One pod's folder in the evidence: each file is captured, or named with the cause why not.

use std::io::{self, Write};

use drover::cluster::{Cluster, ClusterError};
use serde_json::Value;

use super::archive::{Archive, Part};
use super::manifest::Manifest;
use crate::scene::command::Hindrance;

/// A pod's folder, while files are added to it.
pub struct Folder<'a> {
    pub cluster: &'a Cluster,
    pub archive: &'a mut Archive,
    pub manifest: &'a mut Manifest,
    /// The folder's own name.
    pub name: &'a str,
}

impl Folder<'_> {
    /// Captures what `fill` writes. What it gives back is a flaw of the file, such as that it broke off. What hinders
    /// it is noted already when it is told.
    pub async fn capture(
        &mut self,
        path: &str,
        fill: impl AsyncFnOnce(&mut Part) -> Result<Option<String>, Hindrance>,
    ) -> Result<(), Hindrance> {
        let captured = self.try_capture(path, fill).await;
        if let Err(hindrance) = &captured {
            self.manifest.missing(path, hindrance.to_string());
        }
        captured
    }

    async fn try_capture(
        &mut self,
        path: &str,
        fill: impl AsyncFnOnce(&mut Part) -> Result<Option<String>, Hindrance>,
    ) -> Result<(), Hindrance> {
        let from = self.cluster.now();
        let mut part = self.archive.begin(format!("{}/{path}", self.name))?;
        let flaw = match fill(&mut part).await {
            // What is there is better than nothing.
            Err(hindrance) if part.bytes() > 0 => Some(format!("it broke off: {hindrance}")),
            filled => filled?,
        };
        let kept = self.archive.keep(part)?;
        self.manifest.captured(path, kept, from, self.cluster.now(), flaw);
        Ok(())
    }

    /// Captures an object as the server has it, and gives it back.
    pub async fn object(
        &mut self,
        path: &str,
        read: impl Future<Output = Result<Value, ClusterError>>,
    ) -> Option<Value> {
        let mut found = None;
        let fill = async |part: &mut Part| {
            let object = read.await?;
            part.write_all(&pretty(&object))?;
            found = Some(object);
            Ok(None)
        };
        // Without it the rest is captured all the same.
        let _ = self.capture(path, fill).await;
        found
    }

    /// The last two files: what there is, and what `sha256sum -c` compares it with.
    pub fn end(&mut self) -> io::Result<()> {
        let (manifest, mut sums) = self.manifest.end(self.cluster.now());
        let kept = self.archive.write(format!("{}/manifest.json", self.name), manifest.as_bytes())?;
        sums.push_str(&format!("{}  manifest.json\n", kept.sha256));
        self.archive.write(format!("{}/SHA256SUMS", self.name), sums.as_bytes())?;
        Ok(())
    }
}

fn pretty(object: &Value) -> Vec<u8> {
    format!("{object:#}\n").into_bytes()
}
