//! The plugins as people get them: installed by krew from this repository's index, and run through kubectl.

mod home;
mod index;
mod install;
mod upgrade;
