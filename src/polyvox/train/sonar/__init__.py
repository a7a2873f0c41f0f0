"""SONAR and OmniSONAR as recipes: a sentence space with a way back to text, stage by stage."""
