//! Who leads the tour: says what comes, shows a command and runs it, waits for the visitor.

use crate::arguments::Arguments;
use crate::keyboard::Keyboard;
use crate::place::Place;
use crate::screen::Screen;
use crate::shell::Shell;
use crate::stop::Stop;
use crate::tour::Tour;
use crate::traffic::Traffic;

pub struct Guide {
    pub screen: Screen,
    pub shell: Shell,
    pub keyboard: Keyboard,
    step: usize,
    steps: usize,
}

impl Guide {
    pub fn new(arguments: &Arguments) -> Result<Self, Stop> {
        Ok(Self {
            screen: Screen::standard(),
            shell: Shell::new()?,
            keyboard: Keyboard::listen(arguments.yes)?,
            step: 0,
            steps: Tour::steps(arguments),
        })
    }

    /// The whole tour. However it ends, the last word is what is left and how to stop it.
    pub fn lead(mut self, arguments: &Arguments) -> Result<(), Stop> {
        let place = Place::chosen(arguments);
        place.enter(arguments.yes, &mut self)?;
        let outcome = Tour { guide: &mut self, place: &place }.walk();
        let interrupted = self.keyboard.interrupted();
        self.screen.say(&place.farewell(outcome.is_ok(), self.shell.binaries()))?;
        match outcome {
            // Ctrl-C reaches the running command as well: that it failed is no news.
            Err(_) if interrupted => Err(Stop::Interrupted),
            outcome => outcome,
        }
    }

    /// The next step.
    pub fn step(&mut self, title: &str, text: &str) -> Result<(), Stop> {
        self.step += 1;
        self.screen.step(self.step, self.steps, title)?;
        Ok(self.screen.explain(text)?)
    }

    pub fn say(&mut self, text: &str) -> Result<(), Stop> {
        Ok(self.screen.say(text)?)
    }

    /// Shows a command and runs it.
    pub fn show(&mut self, line: &str) -> Result<(), Stop> {
        self.screen.command(line)?;
        let outcome = self.shell.run(line);
        if self.keyboard.interrupted() { Err(Stop::Interrupted) } else { outcome }
    }

    /// The end of a step: how the traffic does, and time to read.
    pub fn pause(&mut self, traffic: Option<&mut Traffic>) -> Result<(), Stop> {
        if let Some(traffic) = traffic {
            traffic.catch_up()?;
            let (sent, lost) = (traffic.sent, traffic.lost.len());
            self.screen.say(&format!("\n[traffic so far: {sent} requests, {lost} lost]"))?;
        }
        if self.keyboard.attended {
            self.screen.ask("Enter goes on:")?;
            self.keyboard.line()?;
        }
        Ok(())
    }
}
